package connect

import (
	"fmt"

	"patchbay/internal/platform"
)

// Document is what a platform fetches from this server by name, such as
// "client-metadata.json". fault.NotFound when there is none.
func (s *Service) Document(platformID, name string) (any, error) {
	p, ok := s.platforms.Get(platformID)
	if !ok {
		return nil, errNotFound
	}
	publisher, ok := p.(platform.Publisher)
	if !ok {
		return nil, errNotFound
	}
	docs, err := publisher.Documents(s.envOf(platformID), s.apps[platformID])
	if err != nil {
		return nil, fmt.Errorf("documents of %s: %w", platformID, err)
	}
	doc, ok := docs[name]
	if !ok {
		return nil, errNotFound
	}
	return doc, nil
}
