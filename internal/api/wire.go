package api

import (
	"time"

	"patchbay/internal/fault"
)

// stamp is how every time is written: RFC 3339, UTC, milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func stampOrNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(stamp(t))
}

// timeOf reads a time of a request; one that was not given is zero.
func timeOf(field, raw string) (time.Time, error) {
	if raw == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, raw)
	if err != nil {
		return time.Time{}, fault.InvalidField(field, "time", "must be a time as RFC 3339 writes it")
	}
	return t.UTC(), nil
}

// dayOrNil is a day of a calendar, such as the end of an API version.
func dayOrNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Format(time.DateOnly))
}

// orNil is nil for what is absent: absent members are null, not left out.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// each renders a list; an empty one is [], never null.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// listed is the list itself, [] instead of null.
func listed[T any](list []T) []T { return append([]T{}, list...) }
