package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by a release build:
//
//	go build -ldflags "-X patchbay/internal/cli.version=v1.2.3" ./cmd/patchbay
//
// Other builds tell what the Go toolchain recorded.
var version string

// VersionCmd is `patchbay version`.
type VersionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Help is shown by --help.
func (*VersionCmd) Help() string {
	return `Examples:

    patchbay version
    patchbay version --json
`
}

// Build is what is known about this binary.
type Build struct {
	Version  string `json:"version"`            // v1.2.3, a pseudo-version, or dev
	Revision string `json:"revision,omitempty"` // of version control, in full
	Time     string `json:"time,omitempty"`     // of the revision, RFC 3339
	Modified bool   `json:"modified"`           // built from files that differ from the revision
	Go       string `json:"go"`
	Platform string `json:"platform"` // os/arch
}

// buildInfo is the one place that knows which build this is.
func buildInfo() Build {
	b := Build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "(devel)" {
		b.Version = cmp.Or(b.Version, info.Main.Version)
	}
	b.Version = cmp.Or(b.Version, "dev")
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// Version is this build's version as servers and clients tell it: v1.2.3, a
// pseudo-version, or dev.
func Version() string { return buildInfo().Version }

// Run prints the build.
func (c *VersionCmd) Run(w *World) error {
	b := buildInfo()
	if c.JSON {
		return writeJSON(w.Stdout, b)
	}
	fmt.Fprintf(w.Stdout, "patchbay %s\n", b.Version)
	if b.Revision != "" {
		modified := ""
		if b.Modified {
			modified = ", with changes that are not committed"
		}
		fmt.Fprintf(w.Stdout, "revision %s of %s%s\n", b.Revision[:min(12, len(b.Revision))], b.Time, modified)
	}
	fmt.Fprintf(w.Stdout, "%s %s\n", b.Go, b.Platform)
	return nil
}
