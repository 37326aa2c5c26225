package config

// EDISource configures what the senders of EDI files are answered.
type EDISource struct {
	Acknowledge bool   `yaml:"acknowledge" desc:"Answer each file with functional acknowledgements: 997 (X12), CONTRL (EDIFACT)."`
	Directory   string `yaml:"directory" desc:"Folder for the acknowledgements. Default the folder out of the inbox."`
}
