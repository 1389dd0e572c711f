package custom

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"patchbay/internal/vault"
)

// Options is what the files are read with.
type Options struct {
	Getenv  func(string) string // for client_secret_env; nil: nothing is set
	Trusted []string            // origins that may be plain http, on a port, or in a private network
	Taken   []string            // ids of the platforms that are there already
}

// Load reads the platforms of files, and of all *.yaml and *.yml in directories, in the
// order of paths. The error joins everything that is wrong, each with file, line and
// key, and quotes no value.
func Load(paths []string, opt Options) ([]*Platform, error) {
	var list []*Platform
	var wrong []error
	defined := map[string]string{} // id → file
	for _, path := range paths {
		files, err := filesAt(path)
		if err != nil {
			wrong = append(wrong, problem{file: path, message: err.Error()})
		}
		for _, file := range files {
			p, src, err := loadFile(file, opt)
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			if other, twice := defined[p.spec.ID]; twice {
				wrong = append(wrong, src.at("id", "%s defines it already", other))
			}
			defined[p.spec.ID] = file
			list = append(list, p)
		}
	}
	return list, errors.Join(wrong...)
}

// Problems lists what an error of Load joins.
func Problems(err error) []error {
	var several interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		var all []error
		for _, e := range several.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	return []error{err}
}

// filesAt is the file itself, or those in a directory, by name.
func filesAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("does not exist")
	case err != nil:
		return nil, errors.New("cannot be read")
	case !info.IsDir():
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	var files []string
	for _, entry := range entries {
		switch ext := filepath.Ext(entry.Name()); {
		case entry.IsDir(), strings.HasPrefix(entry.Name(), "."):
		case ext == ".yaml", ext == ".yml":
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, errors.New("holds no .yaml file")
	}
	return files, nil
}

func loadFile(path string, opt Options) (*Platform, source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, source{}, problem{file: path, message: "cannot be read: check its mode and owner"}
	}
	f, src, err := read(path, text)
	if err != nil {
		return nil, src, err
	}
	c := &checker{src: src, opt: opt, f: f}
	p := c.platform()
	slices.SortFunc(c.wrong, func(a, b problem) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.key, b.key)) })
	var wrong []error
	for _, w := range c.wrong {
		wrong = append(wrong, w)
	}
	return p, src, errors.Join(wrong...)
}

// secret is the app's client secret, from where the file says that it is.
func (c *checker) secret() vault.Secret {
	f := c.f
	switch env, file := f.ClientSecretEnv, f.ClientSecretFile; {
	case f.ClientAuth == "none" && env+file != "":
		c.bad("client_auth", "none is for a client without a secret: leave client_secret_env and client_secret_file out")
	case f.ClientAuth == "none":
	case env != "" && file != "":
		c.bad("client_secret_file", "stands beside client_secret_env: one of the two is enough")
	case env != "":
		if c.opt.Getenv != nil {
			return c.credential("client_secret_env", c.opt.Getenv(env), "the environment variable that it names is not set")
		}
		c.bad("client_secret_env", "there is no environment here")
	case file != "":
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(c.src.path), file)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			c.bad("client_secret_file", "the file that it names cannot be read; a relative path begins at this file's directory")
			return vault.Secret{}
		}
		return c.credential("client_secret_file", string(text), "the file that it names is empty")
	default:
		c.bad("client_secret_env", "is missing: name where the client secret is, here or with client_secret_file; or set client_auth: none")
	}
	return vault.Secret{}
}

// credential is visible ASCII (RFC 6749 appendix A, without the blank).
func (c *checker) credential(key, text, empty string) vault.Secret {
	text = strings.TrimSpace(text)
	if text == "" {
		c.bad(key, "%s", empty)
	}
	if strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		c.bad(key, "must be visible ASCII characters without spaces")
	}
	return vault.NewSecret(text)
}
