// Package shapes holds the table of reply shapes: every way in which a platform, or
// something before it, may answer a refresh (or a probe, where nothing can be refreshed, and
// of a token that is bound to a key), against every platform. What each answer means stands beside the platform, in
// internal/platforms/<id>/testdata/shapes.yaml; a cell that is missing there fails.
//
// The table is asked twice: of the platform's code alone, and of the whole program, with
// a channel of its own for each shape.
package shapes
