package platform

import "strings"

// Registry is the platforms of this program in the order in which people see them.
type Registry struct {
	list []Platform
	byID map[string]Platform
}

// NewRegistry keeps the order of the slice.
func NewRegistry(list []Platform) *Registry {
	r := &Registry{list: list, byID: make(map[string]Platform, len(list))}
	for _, p := range list {
		r.byID[p.Spec().ID] = p
	}
	return r
}

// All lists the platforms.
func (r *Registry) All() []Platform { return r.list }

// Listed is the platforms' ids for a sentence: "bluesky, facebook".
func (r *Registry) Listed() string {
	var ids []string
	for _, p := range r.list {
		ids = append(ids, p.Spec().ID)
	}
	return strings.Join(ids, ", ")
}

// Get finds one by its id, such as "facebook".
func (r *Registry) Get(id string) (Platform, bool) {
	p, ok := r.byID[id]
	return p, ok
}
