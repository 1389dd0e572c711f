package webhook

import "fmt"

// EventTest is the type of a test message. It is no event: it has no number and is not in
// the log.
const EventTest = "endpoint.test"

// messageID names an event for life; a test is named by its delivery.
func messageID(workspaceID, eventNumber, deliveryID int64) string {
	if eventNumber == 0 {
		return fmt.Sprintf("evt_%d_test_%d", workspaceID, deliveryID)
	}
	return fmt.Sprintf("evt_%d_%d", workspaceID, eventNumber)
}
