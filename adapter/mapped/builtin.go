package mapped

import (
	"embed"
	"fmt"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Builtin returns the adapters of senders whose documents are known: shopify,
// woocommerce and stripe. Their mappings are files like those of a shop's own.
func Builtin() ([]Format, error) {
	entries, err := builtin.ReadDir("builtin")
	if err != nil {
		return nil, fmt.Errorf("cannot read the mappings that are built in: %w", err)
	}
	var all []Format
	for _, e := range entries {
		path := "builtin/" + e.Name()
		text, err := builtin.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read the mappings that are built in: %w", err)
		}
		a, err := Load(text, "adapter/mapped/"+path)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}
