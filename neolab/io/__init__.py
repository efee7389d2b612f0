"""Reading and writing data: BIDS and dHCP folders, cohorts, splits and preprocessing."""
