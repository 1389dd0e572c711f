package ui

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// node is one element of a rendered page.
type node struct {
	name     string
	attrs    map[string]string
	parent   *node
	children []*node
	words    strings.Builder // its own text and that of what lies in it
}

var void = []string{"meta", "input", "link", "br", "wbr", "hr", "img"}

// parse reads a page as a tree and fails where an element is not closed, or an
// attribute is written twice. RawToken, because Token would mend what is wrong.
func parse(t *testing.T, page string) *node {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.Entity = false, xml.HTMLEntity
	root := &node{}
	at := root
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("parse: %v in\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			child := open(t, at, token)
			if !slices.Contains(void, child.name) {
				at = child
			}
		case xml.EndElement:
			if slices.Contains(void, token.Name.Local) {
				continue
			}
			if at.name != token.Name.Local {
				t.Fatalf("</%s> closes <%s> in\n%s", token.Name.Local, at.name, page)
			}
			at = at.parent
		case xml.CharData:
			for n := at; n != nil; n = n.parent {
				n.words.Write(token)
			}
		}
	}
	if at != root {
		t.Fatalf("<%s> is never closed", at.name)
	}
	return root
}

func open(t *testing.T, at *node, token xml.StartElement) *node {
	t.Helper()
	child := &node{name: token.Name.Local, attrs: map[string]string{}, parent: at}
	for _, a := range token.Attr {
		if _, twice := child.attrs[a.Name.Local]; twice {
			t.Errorf("<%s> has %s twice", child.name, a.Name.Local)
		}
		child.attrs[a.Name.Local] = a.Value
	}
	at.children = append(at.children, child)
	return child
}

// all lists the elements below n, in the order of the page, that match.
func (n *node) all(match func(*node) bool) []*node {
	var out []*node
	for _, c := range n.children {
		if match(c) {
			out = append(out, c)
		}
		out = append(out, c.all(match)...)
	}
	return out
}

func (n *node) named(names ...string) []*node {
	return n.all(func(c *node) bool { return slices.Contains(names, c.name) })
}

// inputs lists the inputs with this name attribute.
func (n *node) inputs(name string) []*node {
	return n.all(func(c *node) bool { return c.name == "input" && c.attrs["name"] == name })
}

func (n *node) text() string { return strings.Join(strings.Fields(n.words.String()), " ") }
