package api

import (
	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/webhook"
)

type eventPageJSON struct {
	Data []webhook.EventJSON `json:"data" nullable:"false" doc:"Events by ascending number."`
	Next int64               `json:"next" example:"129" doc:"The number of the last event told; pass it as after to go on."`
}

// objectJSON stands in the document for webhook.RawJSON, of which huma sees bytes only.
type objectJSON struct{}

// Schema is an object with any members.
func (objectJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Examples: []any{map[string]string{"platform": "facebook"}}}
}
