package schedule_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// judge compares what was queued with what was asked for, and what came with what was
// queued.
func (k *killed) judge(t *testing.T) {
	t.Helper()
	var replayed, lives []int64
	queues := map[int64][]string{} // by channel: message ids as they were queued
	rows, err := k.db.QueryContext(t.Context(), `SELECT event_number, channel_id, replay_id IS NOT NULL FROM deliveries WHERE endpoint_id = $1 ORDER BY id`, k.endpoint.ID)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var event, channel int64
		var again bool
		must(t, rows.Scan(&event, &channel, &again))
		queues[channel] = append(queues[channel], k.id(event))
		if again {
			replayed = append(replayed, event)
		} else {
			lives = append(lives, event)
		}
	}
	must(t, rows.Err())
	var want []int64
	for i := range int64(*events) {
		want = append(want, k.from+1+i)
	}
	if diff := cmp.Diff(want, replayed); diff != "" {
		t.Errorf("queued again (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(k.lives, lives); diff != "" {
		t.Errorf("what happened meanwhile (-want +got):\n%s", diff)
	}
	for channel, queue := range queues {
		if diff := cmp.Diff(queue, k.came(channel, queue)); diff != "" {
			t.Errorf("channel %d: what came, repetitions left out (-queued +got):\n%s", channel, diff)
		}
	}
	k.twice = k.count() - len(replayed) - len(lives)
	if most := k.deaths * 8; k.twice < 0 || k.twice > most {
		t.Errorf("got %d requests more than messages, want at most %d: 8 in flight at each of %d deaths", k.twice, most, k.deaths)
	}
}

func (k *killed) id(event int64) string { return fmt.Sprintf("evt_%d_%d", k.workspace, event) }

// came is what came of a queue, in order; what came twice in a row, since the program
// died before it heard the answer, is there once.
func (k *killed) came(channel int64, queue []string) (ids []string) {
	ours := map[string]bool{}
	for _, id := range queue {
		ours[id] = true
	}
	for _, id := range k.ids() {
		if ours[id] {
			ids = append(ids, id)
		}
	}
	return slices.Compact(ids)
}
