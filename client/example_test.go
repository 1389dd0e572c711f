package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"patchbay/client"
)

func Example() {
	ctx := context.Background()
	patchbay, err := client.New(os.Getenv("PATCHBAY_URL"), client.NewSecret(os.Getenv("PATCHBAY_API_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	session, err := patchbay.Sessions.Create(ctx, client.NewSession{Owner: client.NewOwnerRef{ExternalID: "user_42"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Open", session.ConnectURL.Reveal())

	session, err = patchbay.Sessions.Wait(ctx, session.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status, session.ChannelIDs)

	for channel, err := range patchbay.Channels.All(ctx, client.ChannelFilter{Owner: "user_42"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(channel.ID, channel.Platform, channel.Name)
	}
}

// The record of an order, a signup, a button pressed names the request: whatever dies
// in between, it is sent again with the same key and makes one session.
func ExampleWithIdempotencyKey() {
	var patchbay *client.Client
	session, err := patchbay.Sessions.Create(context.Background(), client.NewSession{}, client.WithIdempotencyKey("signup-17-connect"))
	fmt.Println(session.ID, err)
}

func ExampleSessions_Confirm() {
	var patchbay *client.Client
	var sessionOf func(r *http.Request) int64 // of the person who is signed in at your application
	http.HandleFunc("GET /connected", func(w http.ResponseWriter, r *http.Request) {
		code := client.NewSecret(r.URL.Query().Get("code"))
		session, err := patchbay.Sessions.Confirm(r.Context(), sessionOf(r), code)
		if err != nil {
			http.Error(w, "This was not you.", http.StatusForbidden)
			return
		}
		_, _ = fmt.Fprintln(w, "Connected:", len(session.Channels))
	})
}

// A token is leased for each piece of work. A platform may refuse one that looked good,
// since the person can withdraw it at any time: then a newer one is wanted, once.
func ExampleChannels_Token() {
	var patchbay *client.Client
	var publish func(client.Token) (status int) // calls the platform with token.AccessToken.Reveal()
	ctx, request := context.Background(), client.TokenRequest{MinLifetime: 5 * time.Minute}
	for range 2 {
		token, err := patchbay.Channels.Token(ctx, 5, request)
		if errors.Is(err, client.ReauthRequired) {
			fmt.Println("send the person a connect link:", client.AsProblem(err).Reason)
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		if publish(token) != http.StatusUnauthorized {
			return
		}
		request.NewerThan = token.Version
	}
	report, err := patchbay.Channels.Check(ctx, 5) // refused twice: find out why
	fmt.Println(report.Sentence, report.Act, report.Todo, err)
}

func ExampleChannels_Health() {
	var patchbay *client.Client
	report, err := patchbay.Channels.Health(context.Background(), 5)
	if err != nil {
		log.Fatal(err)
	}
	switch report.Act {
	case client.ActNobody, client.ActPlatform:
		fmt.Println("nothing to do:", report.Sentence)
	case client.ActPerson:
		fmt.Println("send a connect link:", report.Sentence, report.EndsAt)
	case client.ActPageAdministrator, client.ActOperator:
		fmt.Println("tell them:", report.Sentence, report.Todo)
	}
}

func ExampleEvents_Follow() {
	var patchbay *client.Client
	var last int64              // from your database
	var save func(client.Event) // to your database
	for event, err := range patchbay.Events.Follow(context.Background(), last) {
		if err != nil {
			log.Fatal(err)
		}
		save(event) // its Number in one transaction with what you make of it
	}
}

func ExampleProblem() {
	var patchbay *client.Client
	_, err := patchbay.Channels.Get(context.Background(), 4711)
	var problem *client.Problem
	switch {
	case errors.Is(err, client.NotFound):
		fmt.Println("no such channel, or not for this key")
	case errors.As(err, &problem):
		fmt.Println(problem.Code, problem.Reason, problem.Fields, problem.RequestID, problem.RetryAfter)
	case err != nil:
		fmt.Println("no answer:", err)
	}
}

func ExampleWithRetries() {
	key := client.NewSecret("pb_…")
	patchbay, err := client.New("https://connect.example", key, client.WithRetries(0), client.WithTimeout(5*time.Second))
	fmt.Println(patchbay != nil, err, key)
	// Output: true <nil> [secret]
}
