package config

import (
	"fmt"
	"regexp"
	"slices"
)

var plainDecimal = regexp.MustCompile(`^\d{1,12}(\.\d{1,6})?$`)

// reconcile checks the witnesses of orders.
func (v *validator) reconcile(c *Config) {
	const at = "reconcile.orders"
	o := &c.Reconcile.Orders
	if !plainDecimal.MatchString(o.AmountTolerance) {
		v.fail(at+".amount_tolerance", "is %q; it must be a decimal such as 0.01", o.AmountTolerance)
	}
	if len(o.Witnesses) == 1 {
		v.fail(at+".witnesses", "names one witness; it needs another to compare it with")
	}
	var names []string
	for i, w := range o.Witnesses {
		path := fmt.Sprintf("%s.witnesses[%d]", at, i)
		if slices.Contains(names, w.Name) {
			v.fail(path+".name", "is %q, as that of another witness", w.Name)
		}
		names = append(names, w.Name)
		if len(w.Sources) == 0 {
			v.fail(path+".sources", "is empty; name the sources that this witness's orders come from")
		}
		for k, s := range w.Sources {
			if !slices.ContainsFunc(c.Sources, func(one Source) bool { return one.Name == s }) {
				v.fail(fmt.Sprintf("%s.sources[%d]", path, k), "is %q; no source has that name", s)
			}
		}
	}
}
