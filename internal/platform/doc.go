// Package platform says what a platform is (Spec, a filled-in form), what its
// code must do (Platform and a few optional interfaces), and runs the parts of
// OAuth 2.0 that all of them share: the authorize URL, the code exchange, and
// authorized calls. It stores nothing and knows no session.
package platform
