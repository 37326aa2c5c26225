package iceberg

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/catalog/rest"
	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// REST is a catalogue that is asked by Iceberg's REST protocol.
type REST struct {
	URI        string
	Warehouse  string // name that the catalogue gives to the warehouse; empty: its default
	Token      string // bearer token
	Credential string // client id and secret, as ID:SECRET, to get a token by OAuth
	AuthURI    string // where; empty: the catalogue itself
	Scope      string
}

func (c *REST) options() (options []rest.Option, err error) {
	options = append(options, rest.WithTransportFactory(ownKeys))
	if c.Warehouse != "" {
		options = append(options, rest.WithWarehouseLocation(c.Warehouse))
	}
	if c.Token != "" {
		options = append(options, rest.WithOAuthToken(c.Token))
	}
	if c.Credential != "" {
		options = append(options, rest.WithCredential(c.Credential))
	}
	if c.Scope != "" {
		options = append(options, rest.WithScope(c.Scope))
	}
	if c.AuthURI != "" {
		u, err := url.Parse(c.AuthURI)
		if err != nil {
			return nil, fmt.Errorf("lake: cannot use the address of tokens %q: %w", c.AuthURI, err)
		}
		options = append(options, rest.WithAuthURI(u))
	}
	return options, nil
}

// ownKeys is the transport of requests to a catalogue. The library asks for keys of the
// bucket with each table; none are made for the platform, which has its own.
func ownKeys(c *tls.Config) (http.RoundTripper, func()) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = c
	return keyless{t}, t.CloseIdleConnections
}

type keyless struct{ next http.RoundTripper }

const delegationHeader = "X-Iceberg-Access-Delegation"

// RoundTrip implements [http.RoundTripper].
func (k keyless) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del(delegationHeader)
	return k.next.RoundTrip(r)
}

// restCatalogue keeps metadata in a service. Files are read and written by the platform's
// own rules, whatever the service says of its object store.
type restCatalogue struct {
	*rest.Catalog
	files *files
}

func openREST(ctx context.Context, c *REST, namespace string, files *files) (*restCatalogue, error) {
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	service, err := rest.NewCatalog(ctx, catalogName, c.URI, options...)
	if err != nil {
		return nil, fmt.Errorf("lake: cannot ask the catalogue at %s: %w", c.URI, err)
	}
	if err := service.CreateNamespace(ctx, table.Identifier{namespace}, nil); err != nil && !errors.Is(err, catalog.ErrNamespaceAlreadyExists) {
		return nil, errors.Join(fmt.Errorf("lake: cannot make the namespace %q in the catalogue at %s: %w", namespace, c.URI, err), service.Close())
	}
	return &restCatalogue{Catalog: service, files: files}, nil
}

func (c *restCatalogue) create(ctx context.Context, ident table.Identifier, meta table.Metadata) error {
	spec := meta.PartitionSpec()
	made, err := c.CreateTable(ctx, ident, meta.CurrentSchema(), catalog.WithLocation(meta.Location()), catalog.WithPartitionSpec(&spec), catalog.WithProperties(meta.Properties()))
	if err != nil {
		return err
	}
	if !made.Schema().Equals(meta.CurrentSchema()) {
		return fmt.Errorf("the catalogue numbered its columns otherwise: %v in the place of %v", made.Schema(), meta.CurrentSchema())
	}
	return nil
}

// LoadTable implements [table.CatalogIO].
func (c *restCatalogue) LoadTable(ctx context.Context, ident table.Identifier) (*table.Table, error) {
	t, err := c.Catalog.LoadTable(ctx, ident)
	if errors.Is(err, catalog.ErrNoSuchTable) {
		return nil, lake.ErrNoTable
	}
	if err != nil {
		return nil, err
	}
	return table.New(ident, t.Metadata(), t.MetadataLocation(), c.files.io, c), nil
}

// CommitTable implements [table.CatalogIO].
func (c *restCatalogue) CommitTable(ctx context.Context, ident table.Identifier, requirements []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	meta, location, err := c.Catalog.CommitTable(ctx, ident, requirements, updates)
	if errors.Is(err, rest.ErrCommitFailed) {
		return nil, "", fmt.Errorf("%w: %w", table.ErrCommitFailed, err)
	}
	return meta, location, err
}
