package testkit

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// apartSetting marks the process that Apart starts.
const apartSetting = "PATCHBAY_TEST_APART"

// Apart runs the test that calls it once more, in a process with mounts of its own, and passes on how it
// went. It is true in that process, which then does the test's work, and false in the one that waited for it.
func Apart(t testing.TB) bool {
	t.Helper()
	if os.Getenv(apartSetting) != "" {
		return true
	}
	args := []string{"-test.run", "^" + t.Name() + "$", "-test.v"}
	for _, a := range os.Args[1:] { // the test's own flags
		if !strings.HasPrefix(a, "-test.") {
			args = append(args, a)
		}
	}
	out, err := apart(args, 0)
	if os.Geteuid() != 0 || errors.Is(err, syscall.EPERM) {
		out, err = apart(args, syscall.CLONE_NEWUSER)
	}
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		missing(t, "mounts of its own need root, or user namespaces: %v", err)
	}
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("apart: %v", err)
	}
	return false
}

func apart(args []string, namespaces uintptr) ([]byte, error) {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), apartSetting+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | namespaces, Pdeathsig: syscall.SIGKILL}
	if namespaces != 0 {
		one := func(id int) []syscall.SysProcIDMap {
			return []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
		}
		cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = one(os.Getuid()), one(os.Getgid())
	}
	return cmd.CombinedOutput()
}

// SmallDisk mounts an empty file system of so many bytes, in memory, over a folder, until the test
// ends. Only a process of Apart may.
func SmallDisk(t testing.TB, folder, size string) {
	t.Helper()
	// Whatever is mounted here stays here.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatalf("keep mounts apart: %v", err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mount %s: %v", folder, err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
}
