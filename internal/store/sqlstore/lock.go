package sqlstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"patchbay/internal/fault"
)

// fileLock tells other processes that a database file is in use, and by whom. The
// kernel holds it, so a killed process leaves none; the file itself stays.
type fileLock struct{ file *os.File }

var errLocked = errors.New("the file is locked")

// lockFile takes the lock; fault.Conflict with the reason "store_in_use" and the
// holder's process id when somebody has it.
func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	if err := flock(f); err != nil {
		defer f.Close()
		if errors.Is(err, errLocked) {
			return nil, fault.Newf(fault.Conflict, "store_in_use", "The database is in use by %s (%s). Stop it first.", holder(f), path)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := errors.Join(writePID(f), giveToFolder(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &fileLock{f}, nil
}

// release lets go of it; a second time, or of none, does nothing.
func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	// Closing alone would leave the lock to a process that is just being started and has
	// the file too until it runs its own program.
	_ = funlock(l.file)
	if err := l.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

func holder(f *os.File) string {
	b, _ := io.ReadAll(io.LimitReader(f, 32))
	if pid := strings.TrimSpace(string(b)); pid != "" {
		return "process " + pid
	}
	return "another process" // it has not written its id yet
}
