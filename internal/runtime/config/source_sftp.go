package config

import "time"

// SFTPSource configures a folder of an SFTP server as a source.
type SFTPSource struct {
	Address        string        `yaml:"address" check:"address" desc:"Address of the server, such as sftp.example.com:22. Empty: no such source."`
	User           string        `yaml:"user" desc:"User to log in as."`
	Password       Secret        `yaml:"password" desc:"Password. Empty: none."`
	PrivateKey     Secret        `yaml:"private_key" desc:"Private key in OpenSSH's form or PEM. Empty: that of private_key_file."`
	PrivateKeyFile string        `yaml:"private_key_file" desc:"File with the private key. Empty: none."`
	Passphrase     Secret        `yaml:"passphrase" desc:"Passphrase of the private key."`
	HostKeys       []string      `yaml:"host_keys" desc:"Fingerprints of the server's keys, SHA256:…, as 'ssh-keygen -lf' prints them. A server with another key is refused. One of host_keys and known_hosts is needed."`
	KnownHosts     string        `yaml:"known_hosts" desc:"File of known hosts, as OpenSSH keeps it. Holds where host_keys is empty."`
	Path           string        `yaml:"path" desc:"Folder to take files from. Empty: that which the server begins in."`
	Recursive      bool          `yaml:"recursive" desc:"Take files of folders in it, too, up to 16 deep."`
	After          string        `yaml:"after" oneof:"|keep|move|delete" desc:"What becomes of a file that has been taken: keep leaves it and remembers it by name, size and time. One that has failed is never deleted. Default keep."`
	DoneDir        string        `yaml:"done_dir" desc:"Where after: move puts files, below path or absolute. Default done."`
	FailedDir      string        `yaml:"failed_dir" desc:"Where after: move puts files that have failed. Default failed."`
	PollInterval   time.Duration `yaml:"poll_interval" min:"0s" max:"24h" desc:"How often the folder is looked at. Default 10s; 0s means that."`
	Settle         time.Duration `yaml:"settle" min:"0s" max:"24h" desc:"A file is complete when its size and time have not changed for this long. Default 5s; 0s means that."`
	Timeout        time.Duration `yaml:"timeout" min:"0s" max:"1h" desc:"How long connecting may take, and the answer to a sign of life. Default 30s; 0s means that."`
	KeepAlive      time.Duration `yaml:"keep_alive" min:"0s" max:"1h" desc:"How often the server is asked for a sign of life. Default 15s; 0s means that."`
}
