package lab

// organization is a LinkedIn organization and what the persona may do there. Empty state
// means APPROVED.
type organization struct{ ID, Name, Vanity, Role, State string }

func linkedInPersonas() []persona {
	return []persona{
		{
			Key: "creator", ID: "lAbCreat0r", Name: "Creator with organizations",
			About: "Super admin of Tidewater Works and Field Notes Press, content admin of Copper Loom. Asked for a role at Saltmarsh Guild and has not got it.",
			Organizations: []organization{
				{"90100101", "Tidewater Works", "lab-tidewater-works", "ADMINISTRATOR", ""},
				{"90100102", "Field Notes Press", "lab-field-notes-press", "ADMINISTRATOR", ""},
				{"90100103", "Copper Loom", "lab-copper-loom", "CONTENT_ADMINISTRATOR", ""},
				{"90100104", "Saltmarsh Guild", "lab-saltmarsh-guild", "ADMINISTRATOR", "REQUESTED"},
			},
		},
		{
			Key: "member", ID: "lAbMemb3r_", Name: "Member without an organization",
			About: "Has a profile and nothing else.",
		},
		{
			Key: "analyst", ID: "lAbAna1yst", Name: "Analyst of one organization, super admin of another",
			About: "Super admin of Northlight Studio; Glass Orchard can be read but not published on.",
			Organizations: []organization{
				{"90100201", "Northlight Studio", "lab-northlight-studio", "ADMINISTRATOR", ""},
				{"90100201", "Northlight Studio", "lab-northlight-studio", "ANALYST", ""},
				{"90100202", "Glass Orchard", "lab-glass-orchard", "ANALYST", ""},
			},
		},
	}
}
