"""Reports that can be sent to a client: one HTML page and one workbook from kept results."""
