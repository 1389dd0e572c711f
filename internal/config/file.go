package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// readFile reads a YAML file of settings as variable name → text. A key is the
// variable's name in lower case without the prefix; keys may be nested where the name
// has an underscore, so x: {client_id: …} is PATCHBAY_X_CLIENT_ID.
func readFile(path string, lines []setting) (values map[string]string, wrong []error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, []error{Problem{FileProblem, unreadable(path, err)}}
	}
	tree, err := parseYAML(text)
	if err != nil {
		return nil, []error{Problem{FileProblem, path + ": " + err.Error()}}
	}
	flat := koanf.New(".")
	if err := flat.Load(confmap.Provider(tree, ""), nil); err != nil {
		return nil, []error{Problem{FileProblem, path + ": its keys cannot be read"}}
	}
	values = map[string]string{}
	for _, key := range flat.Keys() {
		name := Prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		value, isText := flat.Get(key).(string)
		_, twice := values[name]
		switch {
		case !slices.ContainsFunc(lines, func(s setting) bool { return s.name == name }) || key != strings.ToLower(key):
			wrong = append(wrong, Problem{FileProblem, fmt.Sprintf("%s: there is no setting %q", path, key)})
		case twice:
			wrong = append(wrong, Problem{FileProblem, fmt.Sprintf("%s: %q is set twice, nested and not", path, key)})
		case !isText:
			wrong = append(wrong, Problem{FileProblem, fmt.Sprintf("%s: %q must be a value, not a list of keys", path, key)})
		default:
			values[name] = value
		}
	}
	return values, wrong
}

func unreadable(path string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return path + " does not exist"
	}
	return err.Error()
}

// parseYAML reads scalars as the text that they are written in: decoded as numbers,
// the client id 77e10 would become another one. Lists become text with commas, as in
// the environment. Errors quote nothing of the file, which may hold secrets.
func parseYAML(text []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, errors.New("is not YAML" + lineOf(err))
	}
	if len(document.Content) == 0 { // empty, or comments only
		return map[string]any{}, nil
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return map[string]any{}, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New(`must hold lines such as "public_url: https://connect.example.com"`)
	}
	return mapping(root)
}

var lineNumber = regexp.MustCompile(`line \d+`)

func lineOf(err error) string {
	if line := lineNumber.FindString(err.Error()); line != "" {
		return ", near " + line
	}
	return ""
}

func mapping(n *yaml.Node) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, fmt.Errorf("has a key that is no word, at line %d", key.Line)
		}
		if _, twice := out[key.Value]; twice {
			return nil, fmt.Errorf("has the key %q twice, at line %d again", key.Value, key.Line)
		}
		var err error
		switch value.Kind {
		case yaml.MappingNode:
			out[key.Value], err = mapping(value)
		case yaml.SequenceNode:
			out[key.Value], err = list(value)
		default:
			out[key.Value], err = scalar(value)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func list(n *yaml.Node) (string, error) {
	var items []string
	for _, item := range n.Content {
		text, err := scalar(item)
		if err != nil {
			return "", err
		}
		items = append(items, text)
	}
	return strings.Join(items, ","), nil
}

func scalar(n *yaml.Node) (string, error) {
	switch {
	case n.Kind != yaml.ScalarNode:
		return "", fmt.Errorf("has something other than plain text at line %d", n.Line)
	case n.Tag == "!!null":
		return "", nil
	}
	return n.Value, nil
}
