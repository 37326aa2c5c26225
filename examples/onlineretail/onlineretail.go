// Package onlineretail is a year of a real shop's orders, and all that Millrace
// needs to read them: the file, the mapping of its columns, and the rules that
// judge its rows. It is the data of the demo and the example of how a shop
// describes a file of its own.
//
// The data is Online Retail by D. Chen, UCI Machine Learning Repository,
// CC BY 4.0; see ATTRIBUTION.md.
package onlineretail

import (
	"embed"

	"github.com/millrace/millrace/adapter/csv"
)

// Name is the name of the adapter.
const Name = "onlineretail"

// Rows is the number of rows of the file, without its header.
const Rows = 541_909

// FileName is the name of the file that [Data] holds.
const FileName = "online_retail.csv.zst"

//go:embed online_retail.csv.zst
var data []byte

//go:embed mapping.yaml
var mapping []byte

//go:embed rules.yaml
var rules []byte

//go:embed checks.yaml
var checks []byte

//go:embed repairs/*.yaml
var repairs embed.FS

// Repair returns the patch that repairs what millrace generate corrupt breaks in a way.
// It is false for the ways that need what stands in other lines, or nowhere.
func Repair(way string) ([]byte, bool) {
	text, err := repairs.ReadFile("repairs/" + way + ".yaml")
	return text, err == nil
}

// Data returns the file: CSV, compressed with Zstandard, in the order of event
// time. It must not be changed.
func Data() []byte { return data }

// Mapping returns the mapping file. It must not be changed.
func Mapping() []byte { return mapping }

// Rules returns the rules file. It must not be changed.
func Rules() []byte { return rules }

// Adapter returns the adapter that the mapping describes.
func Adapter() (*csv.Adapter, error) {
	return csv.Load(mapping, "examples/onlineretail/mapping.yaml")
}

// Checks returns the checks of the tables and windows, which the demo runs. It must not be
// changed.
func Checks() []byte { return checks }
