// Command bench measures the program as it is built: it fills databases, starts
// patchbay and two yardsticks beside each other, and drives all of them with the same
// requests, in turns. It owns no part of the product, and nothing of the product
// knows of it.
//
//	bench [-for 5m] [-engines sqlite,postgres] [-sizes 1000,100000] [-json] -patchbay bin/patchbay
//
// docs/performance.md says what the figures mean.
package main
