package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
)

// valueOf is a Go value that encodes to the same text as the sample: structs as a
// handler written by hand would have them, not maps, whose encoding is dearer.
func valueOf(sample []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(sample))
	d.UseNumber()
	t, err := typeOf(d)
	if err != nil {
		return nil, err
	}
	v := reflect.New(t).Interface()
	if err := json.Unmarshal(sample, v); err != nil {
		return nil, err
	}
	var again bytes.Buffer
	if err := encode(&again, v); err != nil {
		return nil, err
	}
	if got, want := bytes.TrimSpace(again.Bytes()), bytes.TrimSpace(sample); !bytes.Equal(got, want) {
		return nil, fmt.Errorf("a yardstick would answer %s, the product answers %s", got, want)
	}
	return v, nil
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// typeOf reads one JSON value and returns the type that holds such values. Members of
// a list are all like its first.
func typeOf(d *json.Decoder) (reflect.Type, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return structOf(d)
		}
		return listOf(d)
	case string:
		return reflect.TypeFor[string](), nil
	case bool:
		return reflect.TypeFor[bool](), nil
	case json.Number:
		return reflect.TypeFor[int64](), nil
	default: // null
		return reflect.TypeFor[*string](), nil
	}
}

func structOf(d *json.Decoder) (reflect.Type, error) {
	var fields []reflect.StructField
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		t, err := typeOf(d)
		if err != nil {
			return nil, err
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", len(fields)), Type: t, Tag: reflect.StructTag(fmt.Sprintf(`json:"%s"`, name)),
		})
	}
	_, err := d.Token() // the closing brace
	return reflect.StructOf(fields), err
}

func listOf(d *json.Decoder) (reflect.Type, error) {
	member := reflect.TypeFor[string]()
	for first := true; d.More(); first = false {
		t, err := typeOf(d)
		if err != nil {
			return nil, err
		}
		if first {
			member = t
		}
	}
	_, err := d.Token() // the closing bracket
	return reflect.SliceOf(member), err
}
