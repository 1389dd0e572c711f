// Package races proves that one refresh token is presented once, however many ask for a
// newer token at the same time and on however many replicas: several of the program over
// one PostgreSQL, in this process, refreshed by force from many clients, by schedule when
// the clock jumps, and checked meanwhile. The servers are the Lab's: the strict one ends a
// consent at the first reuse. Its log of redeems is what is judged, against the database.
//
// What happens when a process dies or freezes on the way is package crash's.
package races
