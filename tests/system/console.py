def jobs():
    return []
