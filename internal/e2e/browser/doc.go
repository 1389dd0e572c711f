// Package browser proves the main job as a person does it: a connect link opened in
// Chromium, a consent at the Lab, a choice, and the redirect to the application, on
// three origins. It holds tests only; what the pages say in detail is tested with
// the pages.
package browser
