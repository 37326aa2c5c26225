// Package config describes, loads and checks the configuration of Millrace.
//
// The struct tree under Config is the only place that describes a setting: its
// key (yaml tag), what it is for (desc), what it may be (min, max, oneof,
// check) and, through Default, its default. The loader, the environment
// overrides, the JSON Schema, the reference page and `config print` are all
// derived from it by reflection.
//
// Tags:
//
//	yaml    the key in the file; its path in upper case with "_" for "." and the
//	        prefix MILLRACE_ is the environment variable
//	desc    one or two sentences for the reference page
//	min,max the allowed range, in the field's own notation (50ms, 64MiB, 8)
//	oneof   the allowed values, separated by "|"; an empty first value means that
//	        the setting may be left empty
//	check   a named check of text: address, addresses, url, name, required
//
// A *Config is safe for concurrent reading once loaded; nothing in this package
// changes it afterwards.
package config
