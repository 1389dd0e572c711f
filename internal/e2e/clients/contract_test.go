package clients_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/client"
	"patchbay/internal/e2e"
)

type object = map[string]any

func documentOf(t *testing.T, w *e2e.World) object {
	t.Helper()
	var doc object
	w.CallAs(t, "", http.MethodGet, "/openapi.json", nil).Into(t, http.StatusOK, &doc)
	return doc
}

// calls are all methods of the Go client, called once.
func calls(t *testing.T, c *client.Client) {
	ctx := t.Context()
	_, _ = c.Sessions.Create(ctx, client.NewSession{})
	_, _ = c.Sessions.Get(ctx, 1)
	_, _ = c.Sessions.Attempts(ctx, 1)
	_, _ = c.Sessions.Cancel(ctx, 1)
	_, _ = c.Sessions.Confirm(ctx, 1, client.Secret{})
	_, _ = c.Channels.List(ctx, client.ChannelFilter{})
	_, _ = c.Channels.Get(ctx, 1)
	_, _ = c.Channels.Health(ctx, 1)
	_, _ = c.Channels.Check(ctx, 1)
	_, _ = c.Channels.Token(ctx, 1, client.TokenRequest{})
	_, _ = c.Channels.Rename(ctx, 1, "")
	_, _ = c.Channels.Pause(ctx, 1)
	_, _ = c.Channels.Resume(ctx, 1)
	_, _ = c.Channels.Disconnect(ctx, 1)
	_, _ = c.Channels.Reconnect(ctx, 1, client.NewReconnect{})
	_, _ = c.Channels.Targets(ctx, 1)
	_, _ = c.Channels.ChooseTarget(ctx, 1, 1)
	_, _ = c.Channels.Move(ctx, 1, "")
	_, _ = c.Channels.Import(ctx, client.ImportRequest{})
	_, _ = c.Owners.Create(ctx, client.NewOwner{})
	_, _ = c.Owners.List(ctx, client.ListOptions{})
	_, _ = c.Owners.Get(ctx, 1)
	_, _ = c.Owners.Update(ctx, 1, client.OwnerChange{})
	_, _ = c.Owners.Erase(ctx, 1, "")
	_, _ = c.Platforms.List(ctx)
	_, _ = c.Platforms.Get(ctx, "x")
	_, _ = c.Apps.Create(ctx, client.NewApp{})
	_, _ = c.Apps.List(ctx, client.ListOptions{})
	_, _ = c.Apps.Get(ctx, 1)
	_, _ = c.Apps.Update(ctx, 1, client.AppChange{})
	_, _ = c.Apps.Retire(ctx, 1)
	_, _ = c.Keys.Create(ctx, client.NewKey{})
	_, _ = c.Keys.List(ctx, client.ListOptions{})
	_, _ = c.Keys.Get(ctx, 1)
	_, _ = c.Keys.Revoke(ctx, 1)
	_, _ = c.Workspaces.Create(ctx, client.NewWorkspace{})
	_, _ = c.Workspaces.List(ctx, client.ListOptions{})
	_, _ = c.Workspaces.Get(ctx, 1)
	_, _ = c.Workspaces.Update(ctx, 1, client.WorkspaceChange{})
	_, _ = c.Events.List(ctx, 0, 0)
	_, _ = c.Endpoints.Create(ctx, client.NewEndpoint{})
	_, _ = c.Endpoints.List(ctx, client.ListOptions{})
	_, _ = c.Endpoints.Get(ctx, 1)
	_, _ = c.Endpoints.Update(ctx, 1, client.EndpointChange{})
	_ = c.Endpoints.Delete(ctx, 1)
	_, _ = c.Endpoints.RotateSecret(ctx, 1, 0)
	_, _ = c.Endpoints.Test(ctx, 1)
	_, _ = c.Deliveries.List(ctx, client.DeliveryFilter{})
	_, _ = c.Deliveries.Get(ctx, 1)
	_, _ = c.Deliveries.Replay(ctx, 1)
	_, _ = c.Replays.Create(ctx, 1, client.NewReplay{})
	_, _ = c.Replays.Get(ctx, 1)
	_, _ = c.Audit.List(ctx, 0, 0)
	_, _ = c.Audit.Verify(ctx, "")
}

// watcher counts what is asked.
type watcher struct{ asked []string }

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asked = append(w.asked, r.Method+" "+regexp.MustCompile(`/(1|x)(/|$)`).ReplaceAllString(r.URL.Path, "/{id}$2"))
	return nil, errors.New("nobody is there")
}

func TestGoClientHasAMethodForEveryOperation(t *testing.T) {
	t.Parallel()
	w, seen := e2e.Start(t, e2e.Options{NoLab: true}), &watcher{}
	calls(t, newClient(t, w, w.Key, client.WithRetries(0), client.WithHTTPClient(&http.Client{Transport: seen})))
	var documented []string
	for path, methods := range documentOf(t, w)["paths"].(object) {
		for method := range methods.(object) {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(documented)
	slices.Sort(seen.asked)
	if diff := cmp.Diff(documented, seen.asked); diff != "" {
		t.Errorf("operations (-documented +asked by the client):\n%s", diff)
	}
}

// shapes are the document's schemas as the Go client has them. A page is Page of its rows.
var shapes = map[string]reflect.Type{
	"App": reflect.TypeFor[client.App](), "AppPage": reflect.TypeFor[client.Page[client.App]](),
	"Attempt": reflect.TypeFor[client.Attempt](), "Attempts": reflect.TypeFor[client.Attempts](), "Step": reflect.TypeFor[client.Step](),
	"Channel": reflect.TypeFor[client.Channel](), "ChannelPage": reflect.TypeFor[client.Page[client.Channel]](),
	"ChannelSummary": reflect.TypeFor[client.ChannelSummary](), "Health": reflect.TypeFor[client.Health](),
	"ChannelTarget": reflect.TypeFor[client.Target](), "ChannelTargets": reflect.TypeFor[client.Targets](), "NewReconnect": reflect.TypeFor[client.NewReconnect](),
	"Imported": reflect.TypeFor[client.Imported](), "ImportedTarget": reflect.TypeFor[client.ImportedTarget](), "Erased": reflect.TypeFor[client.Erased](),
	"NewEndpoint": reflect.TypeFor[client.NewEndpoint](), "EndpointChange": reflect.TypeFor[client.EndpointChange](),
	"Endpoint": reflect.TypeFor[client.Endpoint](), "EndpointPage": reflect.TypeFor[client.Page[client.Endpoint]](), "Tested": reflect.TypeFor[client.Tested](),
	"Delivery": reflect.TypeFor[client.Delivery](), "DeliveryPage": reflect.TypeFor[client.Page[client.Delivery]](), "DeliveryAttempt": reflect.TypeFor[client.DeliveryAttempt](),
	"NewReplay": reflect.TypeFor[client.NewReplay](), "Replay": reflect.TypeFor[client.Replay](), "AuditVerdict": reflect.TypeFor[client.AuditVerdict](),
	"HealthReport": reflect.TypeFor[client.HealthReport](), "Token": reflect.TypeFor[client.Token](),
	"AuditEntry": reflect.TypeFor[client.AuditEntry](), "AuditPage": reflect.TypeFor[client.AuditPage](), "Trouble": reflect.TypeFor[client.Trouble](),
	"Event": reflect.TypeFor[client.Event](), "EventPage": reflect.TypeFor[client.EventPage](),
	"Key": reflect.TypeFor[client.Key](), "KeyPage": reflect.TypeFor[client.Page[client.Key]](), "NewKey": reflect.TypeFor[client.NewKey](),
	"NewOwner": reflect.TypeFor[client.NewOwnerRef](), "NewOwnerDetail": reflect.TypeFor[client.NewOwner](),
	"NewSession": reflect.TypeFor[client.NewSession](), "Session": reflect.TypeFor[client.Session](),
	"NewWorkspace": reflect.TypeFor[client.NewWorkspace](), "WorkspaceChange": reflect.TypeFor[client.WorkspaceChange](),
	"Workspace": reflect.TypeFor[client.Workspace](), "WorkspacePage": reflect.TypeFor[client.Page[client.Workspace]](),
	"Owner": reflect.TypeFor[client.OwnerRef](), "OwnerChange": reflect.TypeFor[client.OwnerChange](),
	"OwnerDetail": reflect.TypeFor[client.Owner](), "OwnerPage": reflect.TypeFor[client.Page[client.Owner]](),
	"Platform": reflect.TypeFor[client.Platform](), "Platforms": reflect.TypeFor[client.PlatformList](), "Lifetimes": reflect.TypeFor[client.Lifetimes](),
	"Scope": reflect.TypeFor[client.PlatformScope](), "Target": reflect.TypeFor[client.PlatformTarget](), "Version": reflect.TypeFor[client.PlatformVersion](),
	"Problem": reflect.TypeFor[client.Problem](), "ProblemField": reflect.TypeFor[client.ProblemField](),
}

// sentElsewise are the schemas of requests whose types in the client have no JSON form,
// since they hold a secret or a duration, or are a single argument. TestGoClientManages
// and TestGoClientLooksAfterChannels send them.
var sentElsewise = []string{
	"NewApp", "AppChange", "ConfirmSession", "LeaseRequest", "ImportRequest", "ChannelChange", "TargetChoice", "ChannelMove", "EraseOwner", "Rotation",
}

func TestGoClientHasAFieldForEveryMember(t *testing.T) {
	t.Parallel()
	doc := documentOf(t, e2e.Start(t, e2e.Options{NoLab: true}))
	schemas := doc["components"].(object)["schemas"].(object)
	for name, schema := range schemas {
		shape, ok := shapes[name]
		if !ok {
			if !slices.Contains(sentElsewise, name) {
				t.Errorf("the client has no type for the schema %s", name)
			}
			continue
		}
		want := map[string]string{}
		for member, s := range schema.(object)["properties"].(object) {
			want[member] = kindOf(s.(object))
		}
		if name == "Token" {
			want["dpop_key"] = "string" // a secret, as the JSON text that it is
		}
		if diff := cmp.Diff(want, membersOf(shape)); diff != "" {
			t.Errorf("%s (-document +client):\n%s", name, diff)
		}
	}
	for name := range shapes {
		if schemas[name] == nil {
			t.Errorf("the client has a type for the schema %s, which is gone", name)
		}
	}
}

// kindOf is the kind of value that a schema describes.
func kindOf(s object) string {
	if ref, ok := s["$ref"].(string); ok {
		return shapes[ref[strings.LastIndex(ref, "/")+1:]].Name()
	}
	if s["format"] == "date-time" {
		return "time"
	}
	kind, _ := s["type"].(string)
	if list, ok := s["type"].([]any); ok { // with null
		kind = list[0].(string)
	}
	if kind == "array" {
		return "[]" + kindOf(s["items"].(object))
	}
	return kind
}

// membersOf maps the JSON members of a type to their kinds.
func membersOf(shape reflect.Type) map[string]string {
	out := map[string]string{}
	for i := range shape.NumField() {
		if name, _, _ := strings.Cut(shape.Field(i).Tag.Get("json"), ","); name != "-" {
			out[name] = goKind(shape.Field(i).Type)
		}
	}
	return out
}

func goKind(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return "object"
	case t == reflect.TypeFor[client.Secret]() || t.Kind() == reflect.String:
		return "string"
	case t.PkgPath() == "time":
		return "time"
	case t.Kind() == reflect.Pointer:
		return goKind(t.Elem())
	case t.Kind() == reflect.Slice:
		return "[]" + goKind(t.Elem())
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return "integer"
	}
	return t.Name()
}

// Others take the package without taking modules.
func TestGoClientNeedsTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "/client/*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("got %d files (%v), want the package", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			if first, _, _ := strings.Cut(spec.Path.Value, "/"); strings.Contains(first, ".") || first == `"patchbay` {
				t.Errorf("%s imports %s, want the standard library only", file, spec.Path.Value)
			}
		}
	}
}
