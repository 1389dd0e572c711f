package custom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// problem is one thing that is wrong with a file. It never quotes a value: somebody may
// have put a secret into the wrong place.
type problem struct {
	file    string
	line    int // 0: of the whole file
	key     string
	message string
}

func (p problem) Error() string {
	var b strings.Builder
	b.WriteString(p.file)
	if p.line > 0 {
		b.WriteString(":" + strconv.Itoa(p.line))
	}
	if p.key != "" {
		b.WriteString(": " + p.key)
	}
	return b.String() + ": " + p.message
}

// source is a file as it was read, which still knows its lines.
type source struct {
	path string
	root *yaml.Node
}

// read is strict: a key that the form has not, a key twice, or a second document is an
// error.
func read(path string, text []byte) (form, source, error) {
	src := source{path: path}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return form{}, src, problem{file: path, line: lineIn(err.Error()), message: "is not YAML"}
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return form{}, src, problem{file: path, message: `must hold lines such as "id: acme"`}
	}
	src.root = document.Content[0]
	var f form
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&f); err != nil {
		return form{}, src, src.explain(err)
	}
	if !errors.Is(decoder.Decode(new(yaml.Node)), io.EOF) {
		return form{}, src, problem{file: path, message: "holds a second document: one file is one platform"}
	}
	return f, src, nil
}

var (
	numbered   = regexp.MustCompile(`line (\d+)`)
	unknownKey = regexp.MustCompile(`field (.*) not found in type`)
	twice      = regexp.MustCompile(`mapping key "(.*)" already defined`)
)

func lineIn(text string) int {
	if m := numbered.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits
		return n
	}
	return 0
}

// explain says in our words what the decoder refused: its own quote values.
func (s source) explain(err error) error {
	var refused *yaml.TypeError
	if !errors.As(err, &refused) {
		return problem{file: s.path, line: lineIn(err.Error()), message: "cannot be read"}
	}
	var all []error
	for _, text := range refused.Errors {
		p := problem{file: s.path, line: lineIn(text), message: "must be of another kind: see the example in docs/custom-platforms.md"}
		if m := unknownKey.FindStringSubmatch(text); m != nil {
			p.key, p.message = m[1], "there is no such key"
			if m[1] == "client_secret" {
				p.message = "a secret does not stand in this file: name where it is with client_secret_env or client_secret_file"
			}
		} else if m := twice.FindStringSubmatch(text); m != nil {
			p.key, p.message = m[1], "stands there twice"
		} else {
			p.key = s.keyAt(p.line)
		}
		all = append(all, p)
	}
	return errors.Join(all...)
}

// at is a problem with a key such as "identity.url", at its line; where the key is
// absent, at the line of the nearest one above it.
func (s source) at(key, format string, args ...any) problem {
	p := problem{file: s.path, key: key, message: fmt.Sprintf(format, args...)}
	node := s.root
	for part := range strings.SplitSeq(key, ".") {
		child, line := step(node, part)
		if child == nil {
			break
		}
		node, p.line = child, line
	}
	return p
}

// step is the value of a key, or the item of a list, with its line.
func step(n *yaml.Node, part string) (*yaml.Node, int) {
	if i, err := strconv.Atoi(part); err == nil && n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return n.Content[i], n.Content[i].Line
	}
	if n.Kind != yaml.MappingNode {
		return nil, 0
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == part {
			return n.Content[i+1], n.Content[i].Line
		}
	}
	return nil, 0
}

// keyAt is the last key that begins at a line or above.
func (s source) keyAt(line int) string {
	found := ""
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && child.Line <= line {
				found = child.Value
			}
			walk(child)
		}
	}
	walk(s.root)
	return found
}
