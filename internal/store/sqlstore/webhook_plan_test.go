package sqlstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
	"patchbay/internal/webhook"
)

// TestDeliveriesAreReadFromTheHead: whatever stands in a queue, and however many
// endpoints there are, a look at one reads its head.
func TestDeliveriesAreReadFromTheHead(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]string{"sqlite": sqliteDSN(t), "postgres": testkit.Postgres(t)} {
		s := open(t, dsn)
		endpoint := fillDeliveries(t, s)
		if err := s.Exec(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
		ctx, now := t.Context(), testTime.Add(time.Hour)
		for what, fn := range map[string]func(tx webhook.Tx) error{
			"due deliveries":  func(tx webhook.Tx) error { _, err := tx.DueDeliveries(ctx, endpoint, now, 8); return err },
			"in flight":       func(tx webhook.Tx) error { _, err := tx.InFlight(ctx, endpoint); return err },
			"due endpoints":   func(tx webhook.Tx) error { _, err := tx.DueEndpoints(ctx, now, 1000); return err },
			"running replays": func(tx webhook.Tx) error { _, err := tx.RunningReplays(ctx, 10); return err },
			"the newest": func(tx webhook.Tx) error {
				_, err := tx.Deliveries(ctx, 1, webhook.DeliveryFilter{EndpointID: endpoint}, 0, 10)
				return err
			},
		} {
			plans, err := s.Explain(ctx, func(tx connect.Tx) error { return fn(tx.(webhook.Tx)) })
			if err != nil {
				t.Fatalf("%s on %s: %v", what, engine, err)
			}
			for _, plan := range plans {
				for _, bad := range []string{"SCAN deliveries", "SCAN d ", "SCAN events", "Seq Scan on deliveries", "Seq Scan on events"} {
					if strings.Contains(plan+" ", bad) {
						t.Errorf("%s on %s: want no %q:\n%s", what, engine, bad, plan)
					}
				}
			}
		}
	}
}

// fillDeliveries gives each of some endpoints some hundred deliveries that are due.
func fillDeliveries(t *testing.T, s *sqlstore.Store) (endpoint int64) {
	t.Helper()
	err := s.InTx(t.Context(), func(c connect.Tx) error {
		ctx, tx := t.Context(), c.(webhook.Tx)
		w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
		if err != nil {
			return err
		}
		for i := range 20 {
			e, err := tx.InsertEndpoint(ctx, webhook.Endpoint{
				WorkspaceID: w.ID, URL: fmt.Sprint(i), Scheme: "standard", State: webhook.StateActive, CreatedAt: testTime, UpdatedAt: testTime,
			})
			if err != nil {
				return err
			}
			endpoint = e.ID
			if err := tx.SetHeard(ctx, w.ID, e.ID, []string{"*"}); err != nil {
				return err
			}
		}
		for range 300 {
			tx.Emit(connect.Event{WorkspaceID: w.ID, Type: "x", Data: []byte(`{"name":"` + strings.Repeat("x", 300) + `"}`), At: testTime})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

// TestWhatIsCommittedIsTold, and nothing else: to whoever sends, and whoever waits for events.
func TestWhatIsCommittedIsTold(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{sqliteDSN(t), testkit.Postgres(t)} {
		s := open(t, dsn)
		endpoint := fillDeliveries(t, s)
		var told, happened []int64
		s.OnDeliveries(func(ids ...int64) { told = append(told, ids...) })
		s.OnEvents(func(ids ...int64) { happened = append(happened, ids...) })
		emit := func(fail error) error {
			return s.InTx(t.Context(), func(tx connect.Tx) error {
				tx.Emit(connect.Event{WorkspaceID: 1, Type: "x", At: testTime})
				tx.Emit(connect.Event{WorkspaceID: 1, Type: "y", At: testTime})
				return fail
			})
		}
		if err := emit(context.Canceled); err == nil || len(told)+len(happened) != 0 {
			t.Errorf("of a transaction that failed: told %v and %v", told, happened)
		}
		if err := emit(nil); err != nil || len(told) != 40 || told[39] != endpoint {
			t.Errorf("got %v and %v, want all twenty endpoints told of both", err, told)
		}
		if len(happened) != 1 || happened[0] != 1 {
			t.Errorf("got %v, want the workspace told once", happened)
		}
	}
}

// TestListsOfDeliveriesReadWhatTheyShow: of a workspace with much in it, a list of some
// reads neither the whole table nor the whole workspace.
func TestListsOfDeliveriesReadWhatTheyShow(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]string{"sqlite": sqliteDSN(t), "postgres": testkit.Postgres(t)} {
		s := open(t, dsn)
		endpoint := fillDeliveries(t, s)
		for _, statement := range []string{
			`UPDATE events SET channel_id = number % 50 + 1, channel_seq = number`,
			`UPDATE deliveries SET channel_id = event_number % 50 + 1`,
			`UPDATE deliveries SET state = 'delivered', next_at = NULL, ended_at = 1 WHERE event_number NOT IN (40, 41)`,
			`UPDATE deliveries SET state = 'failed' WHERE ended_at = 1 AND event_number % 50 = 7`,
			`ANALYZE`,
		} {
			if err := s.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s on %s: %v", statement, engine, err)
			}
		}
		list := func(f webhook.DeliveryFilter) func(context.Context, webhook.Tx) error {
			return func(ctx context.Context, tx webhook.Tx) error { _, err := tx.Deliveries(ctx, 1, f, 0, 10); return err }
		}
		for _, c := range []struct {
			what, index string
			fn          func(context.Context, webhook.Tx) error
		}{
			{"failed ones", "deliveries_over", list(webhook.DeliveryFilter{State: webhook.DeliveryFailed})},
			{"dropped ones, of which there are none", "deliveries_over", list(webhook.DeliveryFilter{State: webhook.DeliveryDropped})},
			{"pending ones", "deliveries_channel", list(webhook.DeliveryFilter{State: webhook.DeliveryPending})},
			{"pending ones of an endpoint", "deliveries_channel", list(webhook.DeliveryFilter{State: webhook.DeliveryPending, EndpointID: endpoint})},
			{"those about a channel", "deliveries_event", list(webhook.DeliveryFilter{ChannelID: 3})},
			{"failed ones about a channel", "", list(webhook.DeliveryFilter{ChannelID: 3, State: webhook.DeliveryFailed})},
			{"dropping an endpoint's", "deliveries_channel", func(ctx context.Context, tx webhook.Tx) error {
				_, err := tx.DropPending(ctx, 1, endpoint, testTime, 10)
				return err
			}},
		} {
			plans, err := s.Explain(t.Context(), func(tx connect.Tx) error { return c.fn(t.Context(), tx.(webhook.Tx)) })
			if err != nil || len(plans) == 0 {
				t.Fatalf("%s on %s: got %d plans (%v), want some", c.what, engine, len(plans), err)
			}
			for _, plan := range plans {
				if !strings.Contains(plan, c.index) {
					t.Errorf("%s on %s: want the index %s used:\n%s", c.what, engine, c.index, plan)
				}
				for _, bad := range []string{"SCAN deliveries", "SCAN d ", "SCAN d\n", "SCAN events", "SCAN e\n", "Seq Scan on deliveries", "Seq Scan on events"} {
					if strings.Contains(plan+"\n", bad) {
						t.Errorf("%s on %s: want no %q:\n%s", c.what, engine, bad, plan)
					}
				}
			}
		}
	}
}
