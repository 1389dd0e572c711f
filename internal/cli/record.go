package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// recordOperation writes what was just done to the whole database into its audit logs, with
// the key file of the settings. The deed is done: where it cannot be written this is said,
// and no more.
func recordOperation(ctx context.Context, w *World, cfg config.Config, action string) {
	keys, _, err := keyFileFlag{}.keyring(cfg)
	if err != nil {
		why := err
		if errors.Is(err, fs.ErrNotExist) {
			why = errors.New("its key is in no file that is named by PATCHBAY_KEY_FILE, or is in the data directory")
		}
		notRecorded(w, why)
		return
	}
	recordWith(ctx, w, cfg, keys, action)
}

func recordWith(ctx context.Context, w *World, cfg config.Config, keys connect.Keyring, action string, data ...string) {
	if err := app.RecordOperation(ctx, cfg, keys, action, data...); err != nil {
		notRecorded(w, err)
	}
}

func notRecorded(w *World, err error) {
	why := err.Error()
	if f := fault.From(err); f.Code != fault.Internal {
		why = strings.TrimSuffix(f.Message, ".")
	}
	fmt.Fprintf(w.Stderr, "The audit log does not tell of this: %s.\n", why)
}
