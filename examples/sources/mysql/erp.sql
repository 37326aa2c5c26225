CREATE DATABASE erp;
CREATE TABLE erp.orders (id bigint PRIMARY KEY, customer varchar(50), total decimal(12, 2), status enum('new', 'paid', 'shipped'));
CREATE TABLE erp.stock (sku varchar(20) PRIMARY KEY, level int);
INSERT INTO erp.orders VALUES (1, 'c1', 28.50, 'new');

CREATE USER millrace IDENTIFIED BY 'secret';
GRANT SELECT ON erp.* TO millrace;
GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO millrace;
