// Command bench measures the program as it is built: it fills databases, starts
// patchbay and two yardsticks beside each other, and drives all of them with the same
// requests, in turns; it lets the program refresh grants at the Lab against bare posts to
// the same Lab, and sweep a large table of them; it lets it send a backlog of webhooks
// against bare signed posts, and change states with more and fewer endpoints that hear of
// it. It owns no part of the product, and nothing of the product knows of it.
//
//	bench [-for 8m] [-engines sqlite,postgres] [-sizes 1000,100000] [-json] -patchbay bin/patchbay
//	bench -only none -grants 1000,100000,1000000 -sweep 3m
//
// docs/performance.md says what the figures mean.
package main
