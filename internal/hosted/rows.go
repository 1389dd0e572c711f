package hosted

import (
	"slices"
	"strings"

	"patchbay/internal/connect"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/platform"
)

func (p page) targetRow(t connect.Target, chosen []string) ui.TargetRow {
	row := ui.TargetRow{
		ID: formatID(t.ID), Name: nameOf(t.Facts), Detail: detailOf(t.Facts), Selectable: t.Blocked == "",
		Checked: slices.Contains(chosen, formatID(t.ID)),
	}
	if t.Blocked != "" {
		row.Reason = p.frame.P.T("target." + t.Blocked)
	}
	return row
}

func nameOf(f platform.Facts) string {
	if f.Name != "" {
		return f.Name
	}
	return f.Username
}

// detailOf tells accounts of the same name apart.
func detailOf(f platform.Facts) string {
	var parts []string
	if f.Username != "" {
		parts = append(parts, "@"+strings.TrimPrefix(f.Username, "@"))
	}
	if f.Category != "" {
		parts = append(parts, f.Category)
	}
	return strings.Join(parts, " · ")
}

// missing names the features whose permissions were not granted.
func (p page) missing() []string {
	pl, ok := p.h.svc.Platforms().Get(p.v.Grant.Platform)
	if !ok || !p.v.Grant.ScopesTold {
		return nil
	}
	var features []string
	for _, scope := range pl.Spec().Missing(p.v.Grant.Scopes) {
		key := "feature." + scope.Feature
		if name := p.frame.P.T(key); p.frame.P.Has(key) && !slices.Contains(features, name) {
			features = append(features, name)
		}
	}
	return features
}
