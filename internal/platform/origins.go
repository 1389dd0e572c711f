package platform

import "strings"

// LabOrigins is the origin table that puts the Lab in the place of the platforms:
// "https://x.com" → base + "/lab/x/x.com". Base is the Lab's origin.
func LabOrigins(base string, specs []Spec) map[string]string {
	table := map[string]string{}
	for _, s := range specs {
		for _, origin := range s.AllOrigins() {
			table[origin] = strings.TrimSuffix(base, "/") + "/lab/" + s.ID + "/" + strings.TrimPrefix(origin, "https://")
		}
	}
	return table
}
