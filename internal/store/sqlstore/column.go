package sqlstore

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// How Go values stand in columns: times as UTC milliseconds, absent ones (the zero
// time, id 0, no bytes) as NULL, lists and facts as JSON text.

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func ref(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func jsonText(v any) string {
	b, _ := json.Marshal(v) // lists and factsJSON always marshal
	return string(b)
}

// timeColumn reads what millis wrote.
type timeColumn struct{ t *time.Time }

func (c timeColumn) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*c.t = time.Time{}
	case int64:
		*c.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("time column holds a %T", v)
	}
	return nil
}

// spanColumn reads a number of milliseconds; NULL as none.
type spanColumn struct{ d *time.Duration }

func (c spanColumn) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*c.d = 0
	case int64:
		*c.d = time.Duration(v) * time.Millisecond
	default:
		return fmt.Errorf("span column holds a %T", v)
	}
	return nil
}

// refColumn reads what ref wrote.
type refColumn struct{ id *int64 }

func (c refColumn) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*c.id = 0
	case int64:
		*c.id = v
	default:
		return fmt.Errorf("id column holds a %T", v)
	}
	return nil
}

// listColumn reads a JSON list; an empty one as nil.
type listColumn[T any] struct{ list *[]T }

func (c listColumn[T]) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("list column holds a %T", v)
	}
	*c.list = nil
	if text == "[]" || text == "null" {
		return nil
	}
	return json.Unmarshal([]byte(text), c.list)
}

// factsJSON is how facts are stored: names that stay, whatever the code calls them.
type factsJSON struct {
	Name      string `json:"name,omitempty"`
	Username  string `json:"username,omitempty"`
	URL       string `json:"url,omitempty"`
	AvatarURL string `json:"avatar_url,omitempty"`
	Category  string `json:"category,omitempty"`
	Followers *int64 `json:"followers,omitempty"`
	Verified  *bool  `json:"verified,omitempty"`
}

func factsText(f platform.Facts) string { return jsonText(factsJSON(f)) }

// factsColumn reads what factsText wrote.
type factsColumn struct{ facts *platform.Facts }

func (c factsColumn) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("facts column holds a %T", v)
	}
	j, plain := readFacts(text)
	if plain {
		*c.facts = platform.Facts(j)
		return nil
	}
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return fmt.Errorf("facts column: %w", err)
	}
	*c.facts = platform.Facts(j)
	return nil
}

// driverValues turns arguments into what both drivers understand alike: named types
// into plain ones, no bytes into NULL. Text that PostgreSQL cannot hold is refused
// on both engines.
func driverValues(args []any) ([]any, error) {
	values := make([]any, len(args))
	for i, arg := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		switch x := v.(type) {
		case []byte:
			if len(x) == 0 {
				v = nil
			}
		case string:
			if !utf8.ValidString(x) || strings.IndexByte(x, 0) >= 0 {
				return nil, fault.New(fault.Invalid, "invalid_text", "A text is not valid UTF-8 or holds a NUL character.")
			}
		}
		values[i] = v
	}
	return values, nil
}
