// Package webhook owns where events are sent: endpoints, deliveries, the schemes by which
// a body is written and signed, the sender with its schedule, and replays. Events
// themselves are the core's (connect.Event); the store writes a delivery for each matching
// endpoint in the transaction of the event. It starts no goroutine: app runs what is due.
//
// A delivery is one row and its own queue. It is claimed under the lock of its endpoint
// (ClaimDue), sent outside of any transaction (Deliver), and what came of it is written
// under that lock again, provided that nobody has taken it over meanwhile. Of the
// deliveries about one channel to one endpoint only the first is ever under way: one that
// comes due behind it is parked, and whoever ends the one before makes the next due. Both
// hold the endpoint's lock, so parking and waking cannot miss each other.
package webhook
