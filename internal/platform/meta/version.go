package meta

import (
	"regexp"
	"time"

	"patchbay/internal/platform"
)

// DefaultVersion is the Graph API version used unless the operator sets another: the
// newest, since an app may not call versions older than itself.
const DefaultVersion = "v26.0"

// Where the dialog stands, and where everything else is called.
const (
	DialogOrigin = "https://www.facebook.com"
	GraphOrigin  = "https://graph.facebook.com"
)

var versionForm = regexp.MustCompile(`^v[1-9][0-9]{0,2}\.[0-9]{1,2}$`)

// ValidVersion tells whether s can be a Graph API version, such as "v25.0".
func ValidVersion(s string) bool { return versionForm.MatchString(s) }

// Versions is the table of Meta's changelog, newest first.
// https://developers.facebook.com/docs/graph-api/changelog/versions/
func Versions() []platform.Version {
	return []platform.Version{
		{Name: "v26.0", Released: day(2026, 7, 29)},
		{Name: "v25.0", Released: day(2026, 2, 18), Until: day(2028, 7, 29)},
		{Name: "v24.0", Released: day(2025, 10, 8), Until: day(2028, 2, 18)},
		{Name: "v23.0", Released: day(2025, 5, 29), Until: day(2027, 10, 8)},
		{Name: "v22.0", Released: day(2025, 1, 21), Until: day(2027, 5, 20)},
		{Name: "v21.0", Released: day(2024, 10, 2), Until: day(2027, 1, 21)},
		{Name: "v20.0", Released: day(2024, 5, 21), Until: day(2026, 9, 24)},
	}
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
