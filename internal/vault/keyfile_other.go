//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package vault

import (
	"io/fs"
	"os"
)

// flock does nothing where there is no flock(2): do not change a key file from two
// places at once there.
func flock(*os.File) error { return nil }

// giveTo does nothing where files have no such owner.
func giveTo(*os.File, fs.FileInfo) error { return nil }
