# only a comment

   
	
