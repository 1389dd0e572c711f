//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlstore

import "os"

// flock does nothing where there is no flock(2): a second process is then not told
// who is first, and meets SQLite's own locks instead.
func flock(*os.File) error { return nil }

func flockShared(*os.File) error { return nil }

func funlock(*os.File) error { return nil }
