// The main job with the Go client: a connect link, a person's consent, channels.
//
//	PATCHBAY_URL=http://127.0.0.1:8080 PATCHBAY_API_KEY=pb_… go run ./examples/go [OWNER]
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"patchbay/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	owner := "user_42"
	if len(os.Args) > 1 {
		owner = os.Args[1]
	}
	if err := connect(ctx, owner); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func connect(ctx context.Context, owner string) error {
	patchbay, err := client.New(os.Getenv("PATCHBAY_URL"), client.NewSecret(os.Getenv("PATCHBAY_API_KEY")))
	if err != nil {
		return err
	}
	session, err := patchbay.Sessions.Create(ctx, client.NewSession{Owner: client.NewOwnerRef{ExternalID: owner}})
	if err != nil {
		return err
	}
	fmt.Println("Open this link and connect an account:", session.ConnectURL.Reveal())

	if session, err = patchbay.Sessions.Wait(ctx, session.ID); err != nil {
		return err
	}
	if session.Status != client.SessionSucceeded {
		return fmt.Errorf("the session %s: %s", session.Status, session.Message)
	}
	fmt.Printf("The channels of %s:\n", owner)
	for channel, err := range patchbay.Channels.All(ctx, client.ChannelFilter{Owner: owner}) {
		if err != nil {
			return err
		}
		fmt.Printf("%4d  %-10s %-12s %-30s %s\n", channel.ID, channel.Platform, channel.Kind, channel.Name, channel.Health.Status)
	}
	return nil
}
