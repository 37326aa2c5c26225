// Package sftpfolder is a folder of an SFTP server, to take files from.
//
// The server is known by its key: one that shows another than those pinned is
// refused, and nothing is sent to it, neither a password nor a signature.
package sftpfolder
