package linkedin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

const batch = 50 // ids in one List(…)

// details is an entry of /rest/organizations or /rest/organizationsLookup.
type details struct {
	Name   string                             `json:"localizedName"`
	Vanity string                             `json:"vanityName"`
	Logo   struct{ Original, Cropped string } `json:"logoV2"`
}

// addDetails asks two addresses: /rest/organizations answers for administered
// organizations only, and may refuse a whole batch for one that is not.
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-lookup-api
func (a api) addDetails(ctx context.Context, list []organization) error {
	var administered, others []string
	for _, o := range list {
		if o.administered {
			administered = append(administered, o.id)
		} else {
			others = append(others, o.id)
		}
	}
	found, err := lookUp[details](ctx, a, "organizations", administered)
	if err != nil {
		return err
	}
	foundToo, err := lookUp[details](ctx, a, "organizationsLookup", others)
	if err != nil {
		return err
	}
	for i, o := range list {
		list[i].details = found[o.id]
		if !o.administered {
			list[i].details = foundToo[o.id]
		}
	}
	return nil
}

// lookUp reads entries by id. An id that is refused or unknown is told of by itself, in
// "statuses" and "errors", and is just not among the results.
func lookUp[T any](ctx context.Context, a api, resource string, ids []string) (map[string]T, error) {
	found := map[string]T{}
	for some := range slices.Chunk(ids, batch) {
		var answer struct{ Results map[string]T }
		// The parentheses and commas are syntax and stay as they are; the ids are escaped.
		if err := a.get(ctx, "/rest/"+resource+"?ids=List("+strings.Join(some, ",")+")", &answer); err != nil {
			return nil, err
		}
		if answer.Results == nil {
			return nil, platform.ErrUnavailable.Because(fmt.Errorf("%s without results", resource))
		}
		for id, entry := range answer.Results {
			found[id] = entry
		}
	}
	return found, nil
}

// logos are the addresses of the pictures by organization id. What an organization names
// is an asset, which the Images API knows as an image of the same id. Pictures that may not
// be seen are no reason to connect nothing.
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api
func (a api) logos(ctx context.Context, list []organization) (map[string]string, error) {
	var urns []string
	for _, o := range list {
		if urn := o.details.image(); urn != "" {
			urns = append(urns, url.QueryEscape(urn))
		}
	}
	images, err := lookUp[struct {
		DownloadURL string `json:"downloadUrl"`
	}](ctx, a, "images", urns)
	if errors.Is(err, fault.PlatformRejected) {
		return nil, nil
	}
	logos := map[string]string{}
	for _, o := range list {
		logos[o.id] = images[o.details.image()].DownloadURL
	}
	return logos, err
}

func (d details) image() string {
	for _, asset := range []string{d.Logo.Cropped, d.Logo.Original} {
		if id, ok := strings.CutPrefix(asset, "urn:li:digitalmediaAsset:"); ok {
			return "urn:li:image:" + id
		}
	}
	return ""
}
