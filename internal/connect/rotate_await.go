package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchbay/internal/fault"
)

func (r *Rotation) awaitSealing(ctx context.Context) error {
	set, err := r.File.Keyset()
	if err != nil {
		return err
	}
	primary := set.Primary()
	return r.await(ctx, "seal with key "+primary.String(), func(i Instance) bool { return i.Primary == primary })
}

// awaitEvery is how often instances are looked at while they are waited for.
const awaitEvery = 200 * time.Millisecond

// await waits until every instance that is not gone is ready; fault.Conflict
// "instances_not_ready", naming them, when that takes too long.
func (r *Rotation) await(ctx context.Context, what string, ready func(Instance) bool) error {
	told := ""
	for waited := time.Duration(0); ; waited += awaitEvery {
		instances, err := r.Store.Instances(ctx)
		if err != nil {
			return fmt.Errorf("instances: %w", err)
		}
		instances = slices.DeleteFunc(instances, func(i Instance) bool { return i.Unseen >= r.GoneAfter || ready(i) })
		if len(instances) == 0 {
			return nil
		}
		names := namesOf(instances)
		if waited >= r.Patience {
			return fault.Newf(fault.Conflict, "instances_not_ready", "These do not %s: %s.", what, names)
		}
		if now := names + r.quiet(instances); now != told {
			told = now
			r.Tell(RotationNews{Waiting: instances})
		}
		if err := r.pause(ctx, awaitEvery); err != nil {
			return err
		}
	}
}

// quiet names those of whom little is missing to count as gone.
func (r *Rotation) quiet(instances []Instance) string {
	return namesOf(slices.DeleteFunc(slices.Clone(instances), func(i Instance) bool { return i.Unseen < r.GoneAfter/2 }))
}

func namesOf(instances []Instance) string {
	var names []string
	for _, i := range instances {
		names = append(names, i.Name)
	}
	return strings.Join(names, ", ")
}

func (r *Rotation) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-r.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
