// Package schedule proves when webhooks are sent again, and when no more. Time stands
// still in these worlds until a test moves it, and nothing runs but what a test drives:
// attempts, their waits, answers that ask for patience, endpoints that are given up, all
// with the program dying in between and the clock leaping ahead. Replays are killed for
// real, as the built program.
package schedule
