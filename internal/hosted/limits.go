package hosted

import "net/http"

// Limits bounds what strangers may do with open pages. An error of it is the answer:
// a fault.RateLimited, with the time after which it makes sense to come back.
type Limits interface {
	Attempt(r *http.Request) error   // a trip to a platform begins
	Password(r *http.Request) error  // an app password is tried
	NewServer(r *http.Request) error // our app is registered at a server for the first time
}

type unlimited struct{}

func (unlimited) Attempt(*http.Request) error   { return nil }
func (unlimited) Password(*http.Request) error  { return nil }
func (unlimited) NewServer(*http.Request) error { return nil }
