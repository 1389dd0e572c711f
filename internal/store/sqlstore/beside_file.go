package sqlstore

import (
	"errors"
	"fmt"
	"os"
	"time"

	"patchbay/internal/fault"
)

// besideFile is how commands that write beside a server announce themselves: each holds
// a shared lock on it. SQLite's own lock has no queue, so a server that commits without a
// pause would never let another process in: while somebody is announced it makes one.
type besideFile struct{ file *os.File }

// besidePause is what the server leaves after a commit, several times as long as the
// other one waits between two tries.
const besidePause = time.Millisecond

func openBesideFile(database string) (*besideFile, error) {
	f, err := os.OpenFile(database+".beside", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	if err := giveToFolder(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock file: %w", err), f.Close())
	}
	return &besideFile{f}, nil
}

// announce holds it until it is closed. It waits for a server's look, and for a restore.
func (b *besideFile) announce() error { return flockShared(b.file) }

// announced tells whether somebody holds it.
func (b *besideFile) announced() bool {
	if err := flock(b.file); err != nil {
		return errors.Is(err, errLocked)
	}
	_ = funlock(b.file)
	return false
}

func (b *besideFile) close() error {
	if b == nil {
		return nil
	}
	if err := b.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil // a second time
}

// keepBesideOut keeps commands from opening the database until release; fault.Conflict
// "store_in_use" while one has it open.
func keepBesideOut(database string) (release func() error, err error) {
	b, err := openBesideFile(database)
	if err != nil {
		return nil, err
	}
	if err := flock(b.file); err != nil {
		if errors.Is(err, errLocked) {
			err = fault.New(fault.Conflict, "store_in_use", "Another command, such as `patchbay keys rotate`, works on the database.")
		}
		return nil, errors.Join(err, b.close())
	}
	return b.close, nil
}
