// Package app is the composition root: it makes the parts of the platform from
// a configuration, chooses drivers, and runs the modules of the asked-for
// targets. It is the only package that imports drivers.
package app
