package custom

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// pointer is a JSON pointer (RFC 6901), split and unescaped. Nil points nowhere; an
// empty one at the whole answer.
type pointer []string

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// parsePointer reads the text form. Empty text is the whole answer.
func parsePointer(text string) (pointer, error) {
	if text == "" {
		return pointer{}, nil
	}
	if text[0] != '/' {
		return nil, errors.New(`must be a JSON pointer (RFC 6901) such as /data/id`)
	}
	p := pointer{}
	for part := range strings.SplitSeq(text[1:], "/") {
		if bad := strings.ReplaceAll(strings.ReplaceAll(part, "~0", ""), "~1", ""); strings.Contains(bad, "~") {
			return nil, errors.New(`must be a JSON pointer (RFC 6901), where ~ is written as ~0`)
		}
		p = append(p, unescape.Replace(part))
	}
	return p, nil
}

// in is what it points at; nil where that is absent.
func (p pointer) in(value any) any {
	if p == nil {
		return nil
	}
	for _, part := range p {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != part {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// text is what it points at as text: a string, or a number as it was written. Anything
// else is "".
func (p pointer) text(value any) string {
	switch v := p.in(value).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// link is a web address; anything else is "": it will stand on a page.
func (p pointer) link(value any) string {
	address := p.text(value)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return address
}

// words is a list of text, or text with spaces or commas; nil where there is neither.
func (p pointer) words(value any) []string {
	switch v := p.in(value).(type) {
	case string:
		return append([]string{}, strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ',' })...)
	case []any:
		list := []string{}
		for _, item := range v {
			if word, ok := item.(string); ok {
				list = append(list, word)
			}
		}
		return list
	}
	return nil
}

// decode keeps numbers as they are written: an id of nineteen digits is no float.
func decode(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || !errors.Is(decoder.Decode(new(any)), io.EOF) {
		return nil, errors.New("the answer is not JSON") // the decoder's error may quote it
	}
	return value, nil
}
