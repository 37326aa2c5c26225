package config

// SFTPSource configures a folder of an SFTP server as a source.
type SFTPSource struct {
	Address string `yaml:"address" check:"address" desc:"Address of the server, such as sftp.example.com:22. Empty: no such source."`
}
