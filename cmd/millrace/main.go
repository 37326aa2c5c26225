// Command millrace is the platform and its command line in one binary.
package main

import "github.com/millrace/millrace/platform"

var version string // set by the linker

func main() { platform.Main(platform.Version(version)) }
