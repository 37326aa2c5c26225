package job

import "github.com/millrace/millrace/stream"

// All returns the shop's jobs, in the order of docs/jobs.md.
func All(p Params) []*stream.Job {
	all := []*stream.Job{
		Kpis(p),
		Popularity(p),
		Sessions(p),
		Carts(p),
		Profiles(p),
		Fraud(p),
		PriceErrors(p),
		Stock(p),
		Volume(p),
	}
	known := origins()
	for _, j := range all {
		j.Derive(known[j.Name()]...)
	}
	return all
}
