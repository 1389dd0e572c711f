package platform

// Guide is what every platform brings for people.
type Guide interface {
	// Icon is an inline SVG in the colour of the text around it, hidden from screen
	// readers: the name stands beside it.
	Icon() string
	// Setup is the operator's guide in Markdown: how to register an app. "{public}"
	// stands for this server's public URL.
	Setup() string
}
